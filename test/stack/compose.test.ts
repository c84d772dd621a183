import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse } from 'yaml';
import { CP_VARIABLES, WL_VARIABLES } from '../../runtime/config.ts';
import { SECRET_VARIABLES } from '../../runtime/environment.ts';
import { PARTIES, WL_PARTIES } from '../../stack/parties.ts';
import { DYNAMIC_CONFIG } from '../../stack/temporal/temporal.ts';
import {
  mountsOf,
  networksOf,
  ownServices,
  readComposeFile,
  ROOT,
  type ComposeService,
} from '../support/compose-file.ts';

const file = readComposeFile();
const { services } = file;

function serviceOf(name: string): ComposeService {
  const service = services[name];
  if (service === undefined) throw new Error(`docker-compose.yml has no ${name}`);
  return service;
}

const PROCESSES = ownServices(file).filter((name) =>
  serviceOf(name).command?.[0]?.startsWith('workers/'),
);

/** As the linter of such files ships it, which follows the specification's releases. */
function specification() {
  const path = join(ROOT, 'node_modules/dclint/schemas/compose.schema.json');
  const schema = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  // Its draft is named with https, which ajv does not know; the words used are the same.
  const { $schema: _draft, ...rest } = schema;
  return new Ajv2019({
    strict: false,
    allErrors: true,
    formats: {
      duration: /^(\d+(us|ms|s|m|h))+$/,
      ports: /^([\d.]+:)?[\d-]+(:[\d-]+)?(\/\w+)?$/,
      expose: /^[\d-]+(\/\w+)?$/,
      subnet_ip_address: /^[\d.]+\/\d+$/,
    },
  }).compile(rest);
}

test('the file is valid by the Compose Specification, and a wrong one is not', () => {
  const validate = specification();
  validate(file);
  expect(validate.errors).toBeNull();
  const wrong = { services: { one: { image: 'x', restarts: 'always', tmpfs: 5 } } };
  expect(validate(wrong)).toBe(false);
});

test('whatever is named exists: services, networks, volumes, files of the repository', () => {
  for (const [name, service] of Object.entries(services)) {
    for (const needed of Object.keys(service.depends_on ?? {})) {
      expect(Object.keys(services)).toContain(needed);
    }
    for (const network of networksOf(service))
      expect(Object.keys(file.networks)).toContain(network);
    for (const [source] of mountsOf(service)) {
      if (source.startsWith('./')) readFileSync(join(ROOT, source));
      else expect(Object.keys(file.volumes)).toContain(source);
    }
    const [entry = ''] = ownServices(file).includes(name) ? (service.command ?? []) : [];
    if (entry !== '') readFileSync(join(ROOT, entry));
  }
});

test('every image is pinned by a tag, and the engine by one version', () => {
  const images = Object.values(services).map(({ image }) => image);
  expect(images.filter((image) => !/:[\w.-]*\d[\w.-]*$|^xpory-cross-wl:/.test(image))).toEqual([]);
  const engine = images.filter((image) => /^temporalio\/(server|admin-tools):/.test(image));
  expect(new Set(engine.map((image) => image.split(':')[1])).size).toBe(1);
});

test('a party reaches its own database and no other, and holds only its own secrets', () => {
  for (const { slug } of PARTIES) {
    const own = Object.entries(services).filter(([, service]) =>
      networksOf(service).includes(`${slug}-database`),
    );
    const others = PARTIES.filter((party) => party.slug !== slug);
    for (const [name, service] of own) {
      expect([name, name.startsWith(slug) || name === `postgres-${slug}`]).toEqual([name, true]);
      const mounted = mountsOf(service).map(([source]) => source);
      for (const other of others) {
        expect(networksOf(service)).not.toContain(`${other.slug}-database`);
        expect(mounted.filter((source) => source.startsWith(`${other.slug}-`))).toEqual([]);
      }
    }
    expect(own.length).toBeGreaterThanOrEqual(4);
  }
});

test('the key of the authority is mounted in cp-api and where it is made, nowhere else', () => {
  const holders = Object.entries(services)
    .filter(([, service]) =>
      mountsOf(service).some(([source]) => ['authority', 'cp-authority'].includes(source)),
    )
    .map(([name]) => name);
  expect(holders).toEqual(['prepare', 'cp-api']);
});

test('the processes are told the identities of the local stack', () => {
  for (const { slug, wlId, currency, namespace } of WL_PARTIES) {
    for (const kind of ['gateway', 'worker']) {
      expect(serviceOf(`${slug}-${kind}`).environment).toMatchObject({
        WL_ID: wlId,
        WL_SLUG: slug,
        WL_CURRENCY: currency,
        TEMPORAL_NAMESPACE: namespace,
      });
    }
  }
});

test('the engine is told what the local stack tells its own', () => {
  const text = readFileSync(join(ROOT, 'stack/compose/temporal.yaml'), 'utf8');
  const told = parse(text) as Record<string, readonly { readonly value: unknown }[]>;
  const values = Object.entries(told).map(([name, entries]) => [name, entries[0]?.value]);
  expect(Object.fromEntries(values)).toEqual(DYNAMIC_CONFIG);
});

describe('variables', () => {
  const readBy = (name: string) => (name.startsWith('cp-') ? CP_VARIABLES : WL_VARIABLES);
  const secrets: readonly string[] = SECRET_VARIABLES;
  // Read by runtime/sandbox-preload.ts, before there is any configuration.
  const readByPreload = ['WORKFLOW_STACK_TRACES'];

  test.each(PROCESSES)('%s is told only what its code reads, and all that it needs', (name) => {
    const variables = readBy(name);
    const known = new Set([
      ...readByPreload,
      ...variables.flatMap((variable) =>
        secrets.includes(variable.name)
          ? [variable.name, `${variable.name}_FILE`]
          : [variable.name],
      ),
    ]);
    const told = Object.keys(serviceOf(name).environment ?? {});
    expect(told.filter((variable) => !known.has(variable))).toEqual([]);
    const needed = variables
      .filter((variable) => variable.required)
      .map((variable) =>
        secrets.includes(variable.name) ? `${variable.name}_FILE` : variable.name,
      );
    expect(needed.filter((variable) => !told.includes(variable))).toEqual([]);
  });

  test('no secret stands in an environment', () => {
    for (const { environment = {} } of Object.values(services)) {
      const shown = Object.keys(environment).filter(
        (name) => secrets.includes(name) || /(PASSWORD|_PWD|SECRET|_KEY)$/.test(name),
      );
      expect(shown).toEqual([]);
    }
  });

  test('docs/operations.md names each variable that the code reads, with its default', () => {
    const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
    const missing = [...CP_VARIABLES, ...WL_VARIABLES]
      .filter(({ name, fallback }) => !isDocumented(page, name, fallback))
      .map(({ name, fallback }) => `${name} ${fallback ?? '(no default)'}`);
    expect([...new Set(missing)]).toEqual([]);
  });
});

/** A row names it in one cell and starts the next one with its default. */
function isDocumented(page: string, name: string, fallback: string | undefined): boolean {
  return page.split('\n').some((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const at = cells.findIndex((cell) => cell.includes(`\`${name}\``));
    if (!line.startsWith('|') || at === -1) return false;
    const [shown = ''] = (cells[at + 1] ?? '').split(' ');
    return fallback === undefined || shown === fallback;
  });
}
