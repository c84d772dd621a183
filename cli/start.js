#!/usr/bin/env node
/** The one file that any Node can read: says which Node is needed, then runs `xwl`. */

const LEAST_MAJOR = 24;
const EXIT_USAGE = 2;
const major = Number(process.versions.node.split('.')[0]);

if (major < LEAST_MAJOR) {
  process.stderr.write(
    `xwl runs on Node ${LEAST_MAJOR} or later; this is ${process.versions.node}.\n` +
      '  Way out: npm run -s xwl -- …   (on Linux, npm brings a Node of its own)\n',
  );
  process.exitCode = EXIT_USAGE;
} else {
  await import('./main.ts');
}
