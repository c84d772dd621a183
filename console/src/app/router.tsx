import { Loader } from '@mantine/core';
import {
  createRootRoute,
  createRoute,
  createRouter,
  redirect,
  type AnyRoute,
} from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { currentSession, onSession } from '../api/session.ts';
import { LoginPage } from '../pages/login/login.tsx';
import { NotFoundPage } from './not-found.tsx';
import { PAGES, type PageEntry } from './pages.ts';
import { RequireRole } from './require-role.tsx';
import { Shell } from './shell.tsx';

const rootRoute = createRootRoute({ notFoundComponent: NotFoundPage });

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  component: LoginPage,
  beforeLoad: ({ search }) => {
    const { next }: { next?: unknown } = search;
    if (currentSession() !== undefined) throw redirect({ to: ownAddress(next), replace: true });
  },
});

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  component: Shell,
  beforeLoad: ({ location: { pathname, href } }) => {
    if (currentSession() !== undefined) return;
    const search = pathname === '/' ? {} : { next: href };
    throw redirect({ to: '/login', search, replace: true });
  },
});

// Only addresses of the console: a link must not lead a signed-in person elsewhere.
function ownAddress(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/';
}

function routeOf(page: PageEntry): AnyRoute {
  const Content = lazy(page.load);
  return createRoute({
    getParentRoute: () => shellRoute,
    path: page.path,
    component: () => (
      <RequireRole roles={page.roles ?? []}>
        <Suspense fallback={<Loader />}>
          <Content />
        </Suspense>
      </RequireRole>
    ),
  });
}

export const router = createRouter({
  routeTree: rootRoute.addChildren([loginRoute, shellRoute.addChildren(PAGES.map(routeOf))]),
  basepath: '/admin',
  scrollRestoration: true,
});

// A session that began or ended decides anew what may be shown.
onSession(() => void router.invalidate());
