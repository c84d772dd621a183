import { createHash } from 'node:crypto';
import type { OpenApiDocument, Operation } from './openapi.ts';

export interface DocsPage {
  readonly html: string;
  /** Admits the page's one style sheet by its hash, and nothing else. */
  readonly contentSecurityPolicy: string;
}

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h2 { border-bottom: 1px solid; margin-top: 2.5rem; padding-bottom: .25rem; }
details { border: 1px solid #8886; border-radius: .4rem; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: #8881; border-radius: .4rem; overflow: auto; padding: .75rem; }
`;

/** A page a person can read, made from the document once, without scripts or foreign assets. */
export function renderDocs(document: OpenApiDocument): DocsPage {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const byTag = new Map<string, string[]>();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags[0] ?? 'other';
      byTag.set(tag, [...(byTag.get(tag) ?? []), renderOperation(method, path, operation)]);
    }
  }
  const { title, version, description } = document.info;
  const sections = [...byTag].map(([tag, parts]) => `<h2>${escape(tag)}</h2>${parts.join('')}`);
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      `<details id="schema-${escape(name)}"><summary><code>${escape(name)}</code></summary>` +
      `${renderJson(schema)}</details>`,
  );
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>${STYLE}</style></head>
<body><main><h1>${escape(title)} <small>${escape(version)}</small></h1>
<p>${escape(description)}</p><p><a href="/openapi.json">OpenAPI document</a></p>
${sections.join('\n')}<h2>Schemas</h2>${schemas.join('\n')}</main></body></html>`;
  const contentSecurityPolicy = [
    "default-src 'none'",
    `style-src 'sha256-${hash}'`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html, contentSecurityPolicy };
}

function renderOperation(method: string, path: string, operation: Operation): string {
  const { parameters, requestBody, responses } = operation;
  return (
    `<details><summary><b>${method.toUpperCase()}</b> <code>${escape(path)}</code> ` +
    `${escape(operation.summary)}</summary><p>${escape(operation.description)}</p>` +
    (parameters.length === 0 ? '' : `<h4>Parameters</h4>${renderJson(parameters)}`) +
    (requestBody === undefined ? '' : `<h4>Body</h4>${renderJson(requestBody)}`) +
    `<h4>Answers</h4>${renderJson(responses)}</details>`
  );
}

function renderJson(value: unknown): string {
  return `<pre>${escape(JSON.stringify(value, null, 2))}</pre>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
