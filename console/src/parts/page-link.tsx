import { Anchor, type AnchorProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { ComponentProps } from 'react';

type Props = AnchorProps & Omit<ComponentProps<'a'>, keyof AnchorProps>;

/**
 * A link to a page of the console, `to` being its address below /admin. Polymorphic components lose
 * their own props on the way through createLink, so it stands between.
 */
export const PageLink = createLink((props: Props) => <Anchor {...props} />);
