import {
  Button,
  Popover,
  SegmentedControl,
  Stack,
  Text,
  useMantineColorScheme,
} from '@mantine/core';
import { setSession, useSession } from '../api/session.ts';
import { queryClient } from '../api/queries.ts';
import { shellTexts } from '../texts/shell.ts';
import { changeLanguage, LANGUAGES, useLanguage, useTexts } from '../texts/texts.ts';

const LANGUAGE_NAMES = { 'pt-BR': 'Português', en: 'English' } as const;
// Leaves room for the name of the console at 390 px; the whole address stands in the menu.
const LABEL_WIDTH = 'min(200px, 34vw)';
const SCHEMES = ['light', 'dark', 'auto'] as const;

/** Who is signed in, the language, the colours, and the way out. */
export function AccountMenu() {
  const say = useTexts(shellTexts);
  const session = useSession();
  const label = session?.user.name ?? session?.user.email ?? '';
  return (
    <Popover position="bottom-end" width={280} withinPortal={false} trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          size="compact-sm"
          aria-label={`${label}: ${say('account')}`}
          maw={LABEL_WIDTH}
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={say('account')}>
        <Stack p="sm" gap="sm">
          <div>
            <Text size="sm">{session?.user.email}</Text>
            <Text size="xs" c="dimmed">
              {session?.user.roles.join(', ')}
            </Text>
          </div>
          <Preferences />
          <Button variant="default" onClick={signOut}>
            {say('signOut')}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
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
