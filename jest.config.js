import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Each stack of a test is six processes that load the same code: compiled once, they start with a
// third less CPU. Workers and what they start inherit it.
process.env['NODE_COMPILE_CACHE'] ??= join(
  tmpdir(),
  `xpory-compiled-${process.getuid?.() ?? 'all'}`,
);

export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  testSequencer: '<rootDir>/test/support/longest-first.js',
  reporters: ['default', '<rootDir>/test/support/closing-line-reporter.js'],
  // These tests wait for servers and timers much of the time: three left a sixth of two cores idle.
  maxWorkers: 4,
  // Only a failure takes it: on cores that others are on, what takes two seconds has taken thirty.
  testTimeout: 120_000,
};
