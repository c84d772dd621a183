import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  confirmChange,
  listChanges,
  putRelationship,
  type RelationshipRefusal,
} from '../../../db/cp/relationship-change.ts';
import {
  listRelationships,
  readRelationship,
  relationshipRevisions,
} from '../../../db/cp/relationship.ts';
import { cursorQuery, decodeCursor, offsetQuery, pageOf } from '../../http/pagination.ts';
import { Problem } from '../../http/problem.ts';
import { route, type Reply, type Route } from '../../http/route.ts';
import { authorOf, foundOrProblem, valueOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { revisionPage } from '../policies/routes.ts';
import { ifRevision, revisionTag } from '../preconditions.ts';
import { anyCase, pairParams, revisionView, wlId } from '../schemas.ts';
import {
  changeView,
  changeViewOf,
  relationshipBody,
  relationshipPatchOf,
  relationshipView,
  relationshipViewOf,
} from './schemas.ts';

type RelationshipDeps = Pick<CpApiDeps, 'db' | 'work'>;

const TAG = 'Relationships';

/** Relationships, exporter to importer, and the changes that wait for a second person. */
export function relationshipRoutes(deps: RelationshipDeps, guards: Guards): Route[] {
  return [
    ...readRoutes(deps, guards),
    putRoute(deps, guards),
    ...changeRoutes(deps, guards),
    route({
      tag: 'White label',
      group: 'wl',
      guard: guards.wlToken('policies:read'),
      method: 'get',
      path: '/relationships/:src/:dst',
      summary: 'A relationship of which the calling white label is a side',
      params: pairParams,
      responses: { 200: relationshipView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params, principal: { id } }) => {
        // Whether others have a relationship is none of the caller's business.
        if (params.src !== id && params.dst !== id) throw new Problem('NOT_FOUND');
        const relationship = foundOrProblem(await readRelationship(deps.db, params));
        const headers = { ETag: revisionTag(relationship.revision) };
        return { status: 200, body: relationshipViewOf(relationship), headers };
      },
    }),
  ];
}

function readRoutes(deps: RelationshipDeps, guards: Guards): Route[] {
  const reader = { tag: TAG, group: 'admin', guard: guards.operator() } as const;
  return [
    route({
      ...reader,
      method: 'get',
      path: '/admin/api/relationships',
      summary: 'List relationships, of one white label where asked',
      query: z.object({ ...offsetQuery, wlId: wlId.optional() }),
      responses: { 200: pageOf(relationshipView) },
      handler: async ({ query }) => {
        const { items, total } = await listRelationships(deps.db, query);
        return { status: 200, body: { items: items.map(relationshipViewOf), total } };
      },
    }),
    route({
      ...reader,
      method: 'get',
      path: '/admin/api/relationships/:src/:dst',
      summary: 'One relationship',
      params: pairParams,
      responses: { 200: relationshipView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params }) => {
        const relationship = foundOrProblem(await readRelationship(deps.db, params));
        const headers = { ETag: revisionTag(relationship.revision) };
        return { status: 200, body: relationshipViewOf(relationship), headers };
      },
    }),
    route({
      ...reader,
      method: 'get',
      path: '/admin/api/relationships/:src/:dst/revisions',
      summary: 'History of a relationship, newest first',
      params: pairParams,
      query: z.object(cursorQuery),
      responses: { 200: pageOf(revisionView) },
      refuses: ['NOT_FOUND'],
      handler: async ({ params, query }) => {
        foundOrProblem(await readRelationship(deps.db, params));
        const before = decodeCursor(query.cursor, z.number().int());
        const page = { limit: query.limit, before };
        const items = await relationshipRevisions(deps.db, params, page);
        return { status: 200, body: revisionPage(items, query.limit) };
      },
    }),
  ];
}

function putRoute(deps: RelationshipDeps, guards: Guards): Route {
  return route({
    tag: TAG,
    group: 'admin',
    guard: guards.operator('operator', 'risk'),
    method: 'put',
    path: '/admin/api/relationships/:src/:dst',
    summary: 'Create or change a relationship; omitted fields stay as they are',
    params: pairParams,
    body: relationshipBody,
    responses: { 200: relationshipView, 202: changeView },
    refuses: ['NOT_FOUND', 'PRECONDITION_FAILED'],
    handler: async ({ params, body, principal, facts }): Promise<Reply> => {
      if (params.src === params.dst) {
        const errors = [{ in: 'path', pointer: '/dst', message: 'is the same as src' }] as const;
        throw new Problem('VALIDATION_FAILED', { errors });
      }
      const { updatedBy = principal.id, updatedSource = 'admin-api' } = body;
      const put = await putRelationship(deps.db, {
        pair: params,
        patch: relationshipPatchOf(body),
        labels: { updatedBy, updatedSource },
        author: authorOf(principal, facts),
        mayMoveRisk: principal.has('risk'),
        ifRevision: ifRevision(facts),
        changeId: randomUUID(),
      });
      if (!put.ok) throw refusal(put.code);
      const outcome = put.value;
      if (outcome.kind === 'queued') return { status: 202, body: changeViewOf(outcome.change) };
      const { relationship } = outcome;
      if (outcome.kind !== 'unchanged') deps.work.kick();
      const headers = { ETag: revisionTag(relationship.revision) };
      return { status: 200, body: relationshipViewOf(relationship), headers };
    },
  });
}

function changeRoutes(deps: RelationshipDeps, guards: Guards): Route[] {
  const common = { tag: TAG, group: 'admin' } as const;
  return [
    route({
      ...common,
      guard: guards.operator(),
      method: 'get',
      path: '/admin/api/changes',
      summary: 'Changes of relationships with fourEyes',
      query: z.object({
        ...offsetQuery,
        state: anyCase(['PENDING', 'CONFIRMED', 'STALE']).optional(),
      }),
      responses: { 200: pageOf(changeView) },
      handler: async ({ query }) => {
        const { items, total } = await listChanges(deps.db, query);
        return { status: 200, body: { items: items.map(changeViewOf), total } };
      },
    }),
    route({
      ...common,
      guard: guards.operator('operator', 'risk'),
      method: 'post',
      path: '/admin/api/changes/:changeId/confirm',
      summary: 'Confirm a change that another person has asked for',
      params: z.object({ changeId: z.uuid() }),
      responses: { 200: relationshipView },
      refuses: ['NOT_FOUND', 'CONFLICT', 'SAME_PERSON'],
      handler: async ({ params: { changeId }, principal, facts }) => {
        const author = authorOf(principal, facts);
        const mayMoveRisk = principal.has('risk');
        const confirmed = await confirmChange(deps.db, { id: changeId, author, mayMoveRisk });
        const relationship = valueOrProblem(confirmed, {
          CONFLICT: 'It is decided already, or the relationship has changed since.',
          FORBIDDEN: NEEDS_RISK,
        });
        deps.work.kick();
        const headers = { ETag: revisionTag(relationship.revision) };
        return { status: 200, body: relationshipViewOf(relationship), headers };
      },
    }),
  ];
}

const NEEDS_RISK = 'limitAmount, limitMode, fxRate and commissionRate need the risk role.';

function refusal(code: RelationshipRefusal): Problem {
  switch (code) {
    case 'INCOMPLETE':
      return new Problem('VALIDATION_FAILED', {
        detail: 'A new relationship needs fxRate and limitAmount.',
      });
    case 'THRESHOLDS':
      return new Problem('VALIDATION_FAILED', {
        detail: 'alert and enable must not be above disable.',
      });
    case 'FORBIDDEN':
      return new Problem('FORBIDDEN', { detail: NEEDS_RISK });
    case 'NOT_FOUND':
    case 'PRECONDITION_FAILED':
      return new Problem(code);
  }
}
