import { Button, Menu, SegmentedControl, Stack, Text, useMantineColorScheme } from '@mantine/core';
import { setSession, useSession } from '../api/session.ts';
import { queryClient } from '../api/queries.ts';
import { shellTexts } from '../texts/shell.ts';
import { changeLanguage, LANGUAGES, useLanguage, useTexts } from '../texts/texts.ts';

const LANGUAGE_NAMES = { 'pt-BR': 'Português', en: 'English' } as const;
const SCHEMES = ['light', 'dark', 'auto'] as const;

/** Who is signed in, the language, the colours, and the way out. */
export function AccountMenu() {
  const say = useTexts(shellTexts);
  const session = useSession();
  return (
    <Menu position="bottom-end" width={280} withinPortal={false}>
      <Menu.Target>
        <Button variant="default" size="compact-md" aria-label={say('account')} maw={200}>
          {session?.user.name ?? session?.user.email}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Stack p="sm" gap="sm">
          <div>
            <Text size="sm">{session?.user.email}</Text>
            <Text size="xs" c="dimmed">
              {session?.user.roles.join(', ')}
            </Text>
          </div>
          <Preferences />
        </Stack>
        <Menu.Divider />
        <Menu.Item onClick={signOut}>{say('signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function Preferences() {
  const say = useTexts(shellTexts);
  const language = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <SegmentedControl
        aria-label={say('language')}
        fullWidth
        value={language}
        onChange={(value) => changeLanguage(value)}
        data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
      />
      <SegmentedControl
        aria-label={say('scheme')}
        fullWidth
        value={colorScheme}
        onChange={(value) => setColorScheme(value)}
        data={SCHEMES.map((value) => ({ value, label: say(value) }))}
      />
    </>
  );
}

function signOut(): void {
  setSession(undefined);
  queryClient.clear();
}
