import { readFile } from 'node:fs/promises';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { z } from 'zod';
import { messageOf } from '../../stack/errors.ts';
import { CommandError, EXIT } from '../exit.ts';
import type { RecordedEvent, Step } from './parting.ts';

const named = z.looseObject({ name: z.string() });
const event = z.looseObject({
  eventId: z.union([z.string(), z.number()]).transform(Number),
  eventType: z.string(),
  workflowExecutionStartedEventAttributes: z.looseObject({ workflowType: named }).optional(),
  activityTaskScheduledEventAttributes: z.looseObject({ activityType: named }).optional(),
  startChildWorkflowExecutionInitiatedEventAttributes: z
    .looseObject({ workflowType: named })
    .optional(),
  markerRecordedEventAttributes: z
    .looseObject({
      markerName: z.string(),
      details: z
        .record(
          z.string(),
          z.looseObject({ payloads: z.array(z.looseObject({ data: z.string() })) }),
        )
        .optional(),
    })
    .optional(),
});
const shape = z.looseObject({ events: z.array(event).min(1) });
const localActivity = z.looseObject({ seq: z.number(), activity_type: z.string() });

/** A workflow's history as the engine's JSON has it. */
export interface History {
  /** As it was read: the replay takes it whole. */
  readonly document: unknown;
  readonly workflowType: string;
  readonly events: readonly RecordedEvent[];
}

/** Refuses what is no history; `from` is said then. */
export function parseHistory(document: unknown, from: string): History {
  const { data } = shape.safeParse(document);
  const workflowType = data?.events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name;
  if (data === undefined || workflowType === undefined) {
    throw new CommandError(EXIT.usage, `${from} is no whole history of a workflow`);
  }
  return { document, workflowType, events: data.events.map(recordedOf) };
}

export async function readHistory(path: string): Promise<History> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CommandError(EXIT.usage, `${path} can't be read: ${messageOf(error)}`, error);
  });
  return parseHistory(parsed(text), path);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says that it is no history.
    return undefined;
  }
}

export interface Engine {
  readonly address: string;
  readonly namespace: string;
}

// A server that is there answers at once; the SDK's own patience is 10 s.
const CONNECT_TIMEOUT = '3s';

// gRPC's own number; a namespace that is not there is told with it too.
const NOT_FOUND = 5;

/** The whole history of the workflow's last run. */
export async function fetchHistory(
  { address, namespace }: Engine,
  workflowId: string,
): Promise<History> {
  const connection = await Connection.connect({ address, connectTimeout: CONNECT_TIMEOUT }).catch(
    (error: unknown) => {
      const hint = 'set TEMPORAL_ADDRESS, or give --address';
      const message = `no engine answers at ${address}: ${hint}`;
      throw new CommandError(EXIT.unreachable, message, error);
    },
  );
  try {
    const handle = new Client({ connection, namespace }).workflow.getHandle(workflowId);
    const document = historyToJSON(await handle.fetchHistory()) as unknown;
    return parseHistory(typeof document === 'string' ? parsed(document) : document, workflowId);
  } catch (error) {
    if (!isGrpcServiceError(error) || Number(error.code) !== NOT_FOUND) throw error;
    const message = `${namespace} has no workflow ${workflowId}: another --namespace, or past its retention`;
    throw new CommandError(EXIT.failed, message, error);
  } finally {
    await connection.close();
  }
}

function recordedOf(one: z.output<typeof event>): RecordedEvent {
  const step = stepOf(one);
  const sequence = markerOf(one)?.seq;
  return {
    id: one.eventId,
    type: typeName(one.eventType),
    ...(step === undefined ? {} : { step }),
    ...(sequence === undefined ? {} : { sequence }),
  };
}

function stepOf(one: z.output<typeof event>): Step | undefined {
  const activity = one.activityTaskScheduledEventAttributes?.activityType.name;
  if (activity !== undefined) return { kind: 'activity', name: activity };
  const child = one.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType.name;
  if (child !== undefined) return { kind: 'child workflow', name: child };
  const local = markerOf(one)?.activity_type;
  return local === undefined ? undefined : { kind: 'local activity', name: local };
}

function markerOf({ markerRecordedEventAttributes: marker }: z.output<typeof event>) {
  if (marker?.markerName !== 'core_local_activity') return undefined;
  const [payload] = marker.details?.['data']?.payloads ?? [];
  const text = Buffer.from(payload?.data ?? '', 'base64').toString('utf8');
  return localActivity.safeParse(parsed(text)).data;
}

/** `EVENT_TYPE_MARKER_RECORDED` and `MarkerRecorded` are the same; the short one is for people. */
function typeName(type: string): string {
  if (!type.startsWith('EVENT_TYPE_')) return type;
  return type
    .slice('EVENT_TYPE_'.length)
    .split('_')
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join('');
}
