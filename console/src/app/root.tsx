import { MantineProvider, mergeThemeOverrides } from '@mantine/core';
import { DatesProvider } from '@mantine/dates';
import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import 'dayjs/locale/pt-br';
import { queryClient } from '../api/queries.ts';
import { sharedTexts } from '../texts/shared.ts';
import { useLanguage, useTexts } from '../texts/texts.ts';
import { styleNonce } from './nonce.ts';
import { router } from './router.tsx';
import { cssVariables, theme } from './theme.ts';

const DAYJS_LOCALES = { 'pt-BR': 'pt-br', en: 'en' } as const;

/** All that surrounds every page. */
export function Root() {
  const language = useLanguage();
  const say = useTexts(sharedTexts);
  // Buttons that show a cross alone say what it does.
  const closeButtonProps = { 'aria-label': say('close') };
  const named = { defaultProps: { closeButtonProps } };
  const clearButtonProps = { 'aria-label': say('clear') };
  const cleared = { defaultProps: { clearButtonProps } };
  const components = {
    ...{ Notification: named, Modal: named },
    ...{ Select: cleared, DateTimePicker: cleared },
  };
  return (
    <MantineProvider
      theme={mergeThemeOverrides(theme, { components })}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce}
    >
      <DatesProvider settings={{ locale: DAYJS_LOCALES[language] }}>
        <QueryClientProvider client={queryClient}>
          <ModalsProvider>
            <Notifications position="top-right" />
            <RouterProvider router={router} />
          </ModalsProvider>
        </QueryClientProvider>
      </DatesProvider>
    </MantineProvider>
  );
}
