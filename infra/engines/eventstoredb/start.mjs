// Runs the sources as they are: no build is needed to have an event store to develop against.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `The stand-in needs Node 24, this is ${process.version}: start it with npm or npx, which bring it along.`,
  );
  process.exit(2);
}
const { main } = await import('./src/main.ts');
await main(process.argv.slice(2));
