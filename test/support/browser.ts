import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';

const run = promisify(execFile);

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
// A sandbox needs rights that neither root nor containers have; the pages are our own.
const ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'];
// Starts in a second; not on a machine with several suites on two cores.
const START_TIMEOUT_MS = 60_000;
const VERSION_TIMEOUT_MS = 30_000;

/** A real Chromium: CHROMIUM_PATH, else one on PATH, else the one that an npm package ships. */
export async function startBrowser(): Promise<Browser> {
  const { path, args } = await findChromium();
  const executablePath = path;
  return chromium.launch({ executablePath, args, headless: true, timeout: START_TIMEOUT_MS });
}

interface Found {
  readonly path: string;
  readonly args: string[];
}

async function findChromium(): Promise<Found> {
  const named = process.env['CHROMIUM_PATH'];
  if (named !== undefined && named !== '') return { path: named, args: ARGUMENTS };
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, name);
      if (await isExecutable(path)) return { path, args: ARGUMENTS };
    }
  }
  return shippedChromium();
}

/** Unpacked into the temporary folder once; it lacks nothing but needs some system libraries. */
async function shippedChromium(): Promise<Found> {
  try {
    const { default: shipped } = await import('@sparticuz/chromium');
    const path = await shipped.executablePath();
    await run(path, ['--version', ...ARGUMENTS], { timeout: VERSION_TIMEOUT_MS });
    return { path, args: [...shipped.args, ...ARGUMENTS] };
  } catch (cause) {
    const install = 'apt-get install -y --no-install-recommends chromium';
    const message = `There is no Chromium here: ${install}, or set CHROMIUM_PATH to one.`;
    throw new Error(message, { cause });
  }
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    // Not there, or not ours to run.
    () => false,
  );
}
