import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readPage } from './pages.ts';

interface Media {
  readonly schema: unknown;
  readonly example?: unknown;
}
interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly example?: string;
}
interface Operation {
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly content?: Readonly<Record<string, Media>> }>
  >;
  readonly 'x-executable'?: boolean;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: unknown;
}

/** One operation of a committed document, with its examples and judges of what is sent and answered. */
export interface Documented {
  /** `GET /admin/api/wls`. */
  readonly name: string;
  readonly method: string;
  /** With the examples of its parameters. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly security: readonly string[];
  readonly executable: boolean;
  readonly takesBody: boolean;
  readonly request: unknown;
  /** Names of its problem responses, `409.CONFLICT.COOL_DOWN`. */
  readonly refusals: readonly string[];
  readonly answersJson: boolean;
  readonly answers: Readonly<Record<string, unknown>>;
  /** What the schema of that answer finds wrong. */
  check(status: string, body: unknown): readonly string[];
  checkRequest(): readonly string[];
}

export function documentOf(name: 'cp' | 'wl'): Document {
  return JSON.parse(readPage(`docs/openapi/${name}.json`)) as Document;
}

export function operationsOf(document: Document): readonly Documented[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) =>
      documented({ document, path, method, operation }),
    ),
  );
}

const JSON_TYPE = 'application/json';

interface Place {
  readonly document: Document;
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function documented({ document, path, method, operation }: Place): Documented {
  const { parameters, requestBody, responses } = operation;
  const [[type, sent] = ['', undefined]] = Object.entries(requestBody?.content ?? {});
  const json = (status: string) => responses[status]?.content?.[JSON_TYPE];
  const place = ['paths', path, method];
  const [body, answers] = [
    [...place, 'requestBody', 'content'],
    [...place, 'responses'],
  ];
  return {
    name: `${method.toUpperCase()} ${path}`,
    method,
    path: filledPath(path, parameters),
    headers: Object.fromEntries(
      parameters.filter((one) => one.in === 'header').map((one) => [one.name, one.example ?? '']),
    ),
    security: operation.security.flatMap((scheme) => Object.keys(scheme)),
    executable: operation['x-executable'] === true,
    takesBody: sent !== undefined,
    request: sent?.example,
    refusals: Object.values(responses).flatMap(({ $ref }) => $ref?.split('/').at(-1) ?? []),
    answersJson: Object.keys(responses).some((status) => json(status) !== undefined),
    answers: Object.fromEntries(
      Object.keys(responses).map((status) => [status, json(status)?.example]),
    ),
    check: (status, body) =>
      json(status) === undefined
        ? ['no schema']
        : findings(document, [...answers, status, 'content', JSON_TYPE, 'schema'], body),
    checkRequest: () =>
      sent === undefined ? [] : findings(document, [...body, type, 'schema'], sent.example),
  };
}

function filledPath(path: string, parameters: readonly Parameter[]): string {
  const query = new URLSearchParams();
  let filled = path;
  for (const { name, in: place, example } of parameters) {
    if (example === undefined) continue;
    if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(example));
    if (place === 'query') query.set(name, example);
  }
  return query.size === 0 ? filled : `${filled}?${query.toString()}`;
}

const ajvs = new WeakMap<Document, Ajv2020>();
const DOCUMENT = 'document';

/** One for a document, so that what its schemas share is compiled once. */
function ajvOf(document: Document): Ajv2020 {
  const known = ajvs.get(document);
  if (known !== undefined) return known;
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
  addFormats.default(ajv);
  ajv.addSchema(document, DOCUMENT);
  ajvs.set(document, ajv);
  return ajv;
}

function findings(document: Document, pointer: readonly string[], value: unknown) {
  const path = pointer.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'));
  const $ref = `${DOCUMENT}#/${path.map(encodeURIComponent).join('/')}`;
  const validate = ajvOf(document).compile({ $ref });
  validate(value);
  return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}
