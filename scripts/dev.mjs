// `npm run dev [-- <service>]`: `nest start <service> --watch`; without a name the whole platform on the embedded engines.
import { spawn } from 'node:child_process';

const [service = 'standalone', ...rest] = process.argv.slice(2);
const nest = spawn(process.execPath, ['node_modules/@nestjs/cli/bin/nest.js', 'start', service, '--watch', ...rest], {
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => nest.kill(signal));
nest.on('exit', (code) => (process.exitCode = code ?? 1));
