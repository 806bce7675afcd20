@rem `npm start` says `exec node ...`, so that a signal to npm reaches node and not a shell. This is that word where cmd.exe is the shell.
@%*
