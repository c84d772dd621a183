import { z } from 'zod';
import {
  EVIDENCE_FORMAT,
  EVIDENCE_PARTS,
  type EvidenceBundle,
  type EvidencePart,
} from '../../domain/audit/evidence.ts';
import type { Json } from '../../domain/shared/canonical.ts';

const text = z.string();
const json = z.json() as unknown as z.ZodType<Json>;
const instant = z.iso.datetime();
const number = z.string().regex(/^\d{1,18}$/);
const object = z.record(z.string(), json);

const event = z.object({
  kid: text,
  receivedAt: instant,
  event: z.looseObject({
    eventId: text,
    type: text,
    occurredAt: instant,
    wlId: text,
    data: z.looseObject({ tradeId: text }),
    signature: text,
  }),
});

const auditRow = z.object({
  seq: number,
  at: instant,
  ...{ actor: text, source: text, action: text, subject: text },
  ...{ before: json, after: json, correlationId: text, previousHash: text, hash: text },
});

const PART_SHAPES = {
  events: z.array(event),
  eventKeys: z.array(
    z.object({
      wlId: text,
      publicJwk: z.looseObject({ kid: text }),
      registeredAt: instant,
      replacedAt: instant.optional(),
    }),
  ),
  signingKeys: z.array(z.looseObject({ kid: text, owner: text, publicJwk: object })),
  revisions: z.array(
    z.looseObject({
      kind: z.enum(['POLICY', 'RELATIONSHIP']),
      ...{ subject: text, revision: z.int(), actor: text, source: text },
      ...{ document: object, auditSeq: number },
    }),
  ),
  audit: z.array(
    z.object({
      rows: z.array(auditRow).min(1),
      head: z.object({ seq: number, hash: text, signature: text }),
    }),
  ),
  tokens: z.array(object),
  signals: z.array(object),
  balance: z.array(object),
} satisfies Record<EvidencePart, z.ZodType>;

const envelope = z.strictObject({
  format: z.literal(EVIDENCE_FORMAT),
  signature: text,
  manifest: z.strictObject({
    format: z.literal(EVIDENCE_FORMAT),
    ...{ issuer: text, createdAt: instant, importer: text, exporter: text, tradeId: text },
    parts: z.strictObject(
      Object.fromEntries(EVIDENCE_PARTS.map((name) => [name, text])) as Record<
        EvidencePart,
        typeof text
      >,
    ),
  }),
  parts: z.strictObject(
    Object.fromEntries(EVIDENCE_PARTS.map((name) => [name, json])) as Record<
      EvidencePart,
      typeof json
    >,
  ),
});

/** The envelope of a bundle with its parts as they came, or what is wrong with it. */
export function readEnvelope(
  value: unknown,
): { readonly ok: true; readonly bundle: z.output<typeof envelope> } | Misshapen {
  const parsed = envelope.safeParse(value);
  return parsed.success ? { ok: true, bundle: parsed.data } : misshapen(parsed.error);
}

interface Misshapen {
  readonly ok: false;
  readonly detail: string;
}

/** One part as its type has it, or what is wrong with it. */
export function readPart<P extends EvidencePart>(
  name: P,
  value: unknown,
): { readonly ok: true; readonly part: EvidenceBundle['parts'][P] } | Misshapen {
  const shape: z.ZodType = PART_SHAPES[name];
  const parsed = shape.safeParse(value);
  if (!parsed.success) return misshapen(parsed.error);
  return { ok: true, part: value as EvidenceBundle['parts'][P] };
}

function misshapen(error: z.ZodError): Misshapen {
  const [issue] = error.issues;
  return {
    ok: false,
    detail: `/${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'unreadable'}`,
  };
}
