// Imported first by what npm runs: everything behind it needs Node 24, which npm puts first in the path of its scripts where it is installed.
const MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < MAJOR) {
  console.error(
    `Millrace needs Node ${MAJOR}; this is ${process.version}. "npm ci" brings Node ${MAJOR} for Linux, Windows and macOS on arm64, and npm's own scripts (npm start, npm test, npm run …) use it.`,
  );
  process.exit(2);
}
