import { z } from 'zod';
import { policyRevisions, putPolicy, readPolicy } from '../../../db/cp/policy.ts';
import { pulledPolicy } from '../../../db/cp/pull.ts';
import type { Revision } from '../../../db/cp/revision.ts';
import { cursorQuery, decodeCursor, encodeCursor, pageOf } from '../../http/pagination.ts';
import { route, type Route } from '../../http/route.ts';
import { authorOf, foundOrProblem, valueOrProblem, type CpApiDeps } from '../deps.ts';
import type { Guards } from '../guards.ts';
import { ifRevision, revisionTag } from '../preconditions.ts';
import { revisionView, wlParams } from '../schemas.ts';
import { pullRoute, signedReply } from './pull.ts';
import { policyBody, policyPatchOf, policyView, policyViewOf } from './schemas.ts';

type PolicyDeps = Pick<CpApiDeps, 'db' | 'sealer' | 'signer' | 'work'>;

/** Base policies: operators write them, each WL reads its own. */
export function policyRoutes(deps: PolicyDeps, guards: Guards): Route[] {
  const reader = { tag: 'Policies', group: 'admin', guard: guards.operator() } as const;
  return [
    route({
      ...reader,
      method: 'get',
      path: '/admin/api/wls/:id/policies',
      summary: 'The policy of a white label',
      params: wlParams,
      responses: { 200: policyView },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id } }) => {
        const policy = foundOrProblem(await readPolicy(deps.db, id));
        const headers = { ETag: revisionTag(policy.revision) };
        return { status: 200, body: policyViewOf(policy), headers };
      },
    }),
    route({
      ...reader,
      guard: guards.operator('operator'),
      method: 'put',
      path: '/admin/api/wls/:id/policies',
      summary: 'Change a policy; omitted fields stay as they are',
      params: wlParams,
      body: policyBody,
      responses: { 200: policyView },
      refuses: ['NOT_FOUND', 'PRECONDITION_FAILED'],
      handler: async ({ params: { id }, body, principal, facts }) => {
        const { updatedBy = principal.id, updatedSource = 'admin-api', ...patch } = body;
        const put = await putPolicy(deps.db, {
          wlId: id,
          patch: policyPatchOf(patch),
          labels: { updatedBy, updatedSource },
          author: authorOf(principal, facts),
          ifRevision: ifRevision(facts),
        });
        const { policy, changed } = valueOrProblem(put);
        if (changed) deps.work.kick();
        const headers = { ETag: revisionTag(policy.revision) };
        return { status: 200, body: policyViewOf(policy), headers };
      },
    }),
    route({
      ...reader,
      method: 'get',
      path: '/admin/api/wls/:id/policies/revisions',
      summary: 'History of a policy, newest first',
      params: wlParams,
      query: z.object(cursorQuery),
      responses: { 200: pageOf(revisionView) },
      refuses: ['NOT_FOUND'],
      handler: async ({ params: { id }, query }) => {
        foundOrProblem(await readPolicy(deps.db, id));
        const before = decodeCursor(query.cursor, z.number().int());
        const items = await policyRevisions(deps.db, id, { limit: query.limit, before });
        return { status: 200, body: revisionPage(items, query.limit) };
      },
    }),
    ownPolicyRoute(deps, guards),
    pullRoute(deps, guards),
  ];
}

function ownPolicyRoute(deps: PolicyDeps, guards: Guards): Route {
  return route({
    tag: 'White label',
    group: 'wl',
    guard: guards.wlToken('policies:read'),
    method: 'get',
    path: '/wls/:id/policies',
    summary: "A white label's own policy, signed with its policy secret",
    params: wlParams,
    responses: { 200: policyView.omit({ wlId: true, rolloutStage: true, updatedAt: true }) },
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handler: async ({ params: { id } }) => {
      const policy = foundOrProblem(await readPolicy(deps.db, id));
      return signedReply(deps, id, pulledPolicy(policy));
    },
  });
}

/** One page of a history, with the cursor of the next. */
export function revisionPage(items: readonly Revision[], limit: number) {
  const last = items.at(-1);
  return {
    items: items.map(revisionViewOf),
    ...(items.length < limit || last === undefined
      ? {}
      : { nextCursor: encodeCursor(last.revision) }),
  };
}

function revisionViewOf(revision: Revision): z.output<typeof revisionView> {
  return {
    ...revision,
    at: revision.at.toISOString(),
    changed: [...revision.changed],
    document: { ...revision.document },
    diff: [...revision.diff],
    applied: revision.applied.map((applied) => ({
      ...applied,
      at: applied.at?.toISOString() ?? null,
    })),
  };
}
