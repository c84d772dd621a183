import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** docker-compose.yml with `${NAME:-default}` filled in and merges done, as compose reads it. */
export function readComposeFile(variables: Readonly<Record<string, string>> = {}): ComposeFile {
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8').replaceAll(
    /(?<!\$)\$\{(\w+):-([^}]*)\}/g,
    (_whole, name: string, fallback: string) => variables[name] ?? fallback,
  );
  return parse(text, { merge: true }) as ComposeFile;
}

/** Services that run our image, in the order of the file. */
export function ownServices({ services }: ComposeFile): readonly string[] {
  return Object.keys(services).filter((name) => imageOf(services, name) === 'xpory-cross-wl');
}

export function imageOf(services: ComposeFile['services'], name: string): string {
  return services[name]?.image.split(':')[0] ?? '';
}

export function networksOf({ networks = [] }: ComposeService): readonly string[] {
  return Array.isArray(networks) ? (networks as readonly string[]) : Object.keys(networks);
}

/** What the image puts before every command, from the Dockerfile. */
export function imageEntrypoint(): readonly string[] {
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  const [, list] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  return JSON.parse(list ?? '[]') as readonly string[];
}

/** `name:/target[:ro]` of each volume of a service. */
export function mountsOf({ volumes = [] }: ComposeService): readonly (readonly [string, string])[] {
  return volumes.map((volume) => {
    const [name = '', target = ''] = volume.split(':');
    return [name, target] as const;
  });
}
