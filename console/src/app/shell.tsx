import { AppShell, Burger, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { shellTexts } from '../texts/shell.ts';
import { useTexts } from '../texts/texts.ts';
import { AccountMenu } from './account-menu.tsx';
import { Menu } from './menu.tsx';
import { SessionClock } from './session-clock.tsx';

const HEADER_HEIGHT = 56;
const NAVBAR_WIDTH = 240;
const MAIN = 'main';

/** Header, menu and the page. */
export function Shell() {
  const { pathname } = useLocation();
  const say = useTexts(shellTexts);
  const [isOpen, { toggle, close }] = useDisclosure(false);
  useFocusOnChange(pathname, close);
  return (
    <AppShell
      header={{ height: HEADER_HEIGHT }}
      navbar={{ width: NAVBAR_WIDTH, breakpoint: 'md', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a className="skip-link" href={`#${MAIN}`} onClick={focusMain}>
        {say('skip')}
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={say(isOpen ? 'closeMenu' : 'openMenu')}
              aria-expanded={isOpen}
            />
            <Text fw={700} truncate>
              XporY Cross-WL
            </Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <SessionClock />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label={say('menu')} style={{ overflowY: 'auto' }}>
        <Menu pathname={pathname} />
      </AppShell.Navbar>
      <AppShell.Main id={MAIN} tabIndex={-1}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}

function focusMain(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.getElementById(MAIN)?.focus();
}

/** A new page is where reading goes on; the first one is read from the top of the document. */
function useFocusOnChange(pathname: string, close: () => void): void {
  const shown = useRef(pathname);
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    close();
    document.getElementById(MAIN)?.focus({ preventScroll: true });
  }, [pathname, close]);
}
