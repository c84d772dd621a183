import type { RouteExamples } from '../../http/openapi.ts';

/** Calls of the Control Plane's routes, users; data of the local stack. */
export const USERS_EXAMPLES: RouteExamples = {
  'GET /admin/api/users': {
    answer: {
      status: 200,
      body: {
        items: [
          {
            id: 'f45a17e5-a340-4755-aa05-38c42c7e944e',
            email: 'master@xpory.local',
            name: null,
            roles: ['master'],
            status: 'ACTIVE',
            createdAt: '2026-11-22T20:25:22.623Z',
            updatedAt: '2026-11-22T20:25:22.623Z',
          },
        ],
        total: 5,
      },
    },
    executable: true,
  },
  'POST /admin/api/users': {
    request: {
      email: 'lia@pessoas.example',
      name: 'lia',
      password: 'a long pass phrase',
      roles: ['operator', 'risk', 'support'],
    },
    answer: {
      status: 201,
      body: {
        id: '328f734a-6c06-4abf-a553-f75d003bc5fe',
        email: 'lia@pessoas.example',
        name: 'lia',
        roles: ['operator', 'risk', 'support'],
        status: 'ACTIVE',
        createdAt: '2026-11-22T20:27:55.274Z',
        updatedAt: '2026-11-22T20:27:55.274Z',
      },
    },
  },
  'PATCH /admin/api/users/:id': {
    params: { id: '9ad8322b-113c-4c3c-abd7-6d84267cf6d1' },
    request: { name: 'Rui' },
    answer: {
      status: 200,
      body: {
        id: '9ad8322b-113c-4c3c-abd7-6d84267cf6d1',
        email: 'rui@pessoas.example',
        name: 'Rui',
        roles: ['operator', 'risk', 'support'],
        status: 'ACTIVE',
        createdAt: '2026-11-22T20:28:02.441Z',
        updatedAt: '2026-11-22T20:28:09.393Z',
      },
    },
  },
  'GET /admin/api/people': {
    executable: true,
    answer: {
      status: 200,
      body: {
        items: [
          {
            id: 'f45a17e5-a340-4755-aa05-38c42c7e944e',
            called: 'ma***@xpory.local',
            roles: ['master'],
          },
        ],
      },
    },
  },
};
