import { NavLink, Text, type NavLinkProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { Ref } from 'react';
import { holdsRole, useSession } from '../api/session.ts';
import { shellTexts } from '../texts/shell.ts';
import { useLanguage, useTexts } from '../texts/texts.ts';
import { PAGES, SECTIONS, type PageEntry } from './pages.ts';

// Polymorphic components lose their own props on the way through createLink.
const MenuLink = createLink((props: NavLinkProps & { readonly ref?: Ref<HTMLAnchorElement> }) => (
  <NavLink component="a" {...props} />
));

/** The pages that the roles allow, by section. */
export function Menu({ pathname }: { readonly pathname: string }) {
  const say = useTexts(shellTexts);
  const session = useSession();
  const pages = PAGES.filter(({ roles = [] }) => holdsRole(session, roles));
  return SECTIONS.map((section) => {
    const own = pages.filter((page) => page.section === section);
    if (own.length === 0) return null;
    return (
      <div key={section}>
        <Text size="xs" c="dimmed" fw={600} px="sm" pt="sm">
          {say(section)}
        </Text>
        {own.map((page) => (
          <MenuEntry key={page.path} page={page} pathname={pathname} />
        ))}
      </div>
    );
  });
}

function MenuEntry({ page, pathname }: { readonly page: PageEntry; readonly pathname: string }) {
  const language = useLanguage();
  const { path, title, Count } = page;
  const isHere = path === '/' ? pathname === '/' : pathname.startsWith(path);
  return (
    <MenuLink
      to={path}
      label={title[language]}
      active={isHere}
      aria-current={isHere ? 'page' : undefined}
      rightSection={Count === undefined ? undefined : <Count />}
    />
  );
}
