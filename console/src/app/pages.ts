import type { ComponentType } from 'react';
import type { Role } from '../api/session.ts';
import type { Text } from '../texts/texts.ts';

export type Section = 'today' | 'trade' | 'risk' | 'govern' | 'control';

export interface PageEntry {
  /** Below /admin; `$name` is a parameter. */
  readonly path: string;
  readonly title: Text;
  /** Where it stands in the menu; without one it is reached by links. */
  readonly section?: Section;
  /** Who sees it; the API decides by itself. Without any, everybody. */
  readonly roles?: readonly Role[];
  readonly load: () => Promise<{ readonly default: ComponentType }>;
}

/** Every page of the console, one line each, in the order of the menu. */
// prettier-ignore
export const PAGES: readonly PageEntry[] = [
  { path: '/', title: { 'pt-BR': 'Visão geral', en: 'Overview' }, section: 'today', load: () => import('../pages/overview/overview.tsx') },
  { path: '/wls', title: { 'pt-BR': 'White labels', en: 'White labels' }, section: 'govern', load: () => import('../pages/wls/list.tsx') },
  { path: '/wls/new', title: { 'pt-BR': 'Nova white label', en: 'New white label' }, roles: ['operator'], load: () => import('../pages/wls/new.tsx') },
  { path: '/wls/$wlId', title: { 'pt-BR': 'White label', en: 'White label' }, load: () => import('../pages/wls/detail.tsx') },
  { path: '/wls/$wlId/policy', title: { 'pt-BR': 'Política', en: 'Policy' }, load: () => import('../pages/policies/policy.tsx') },
];

/** The order of the menu's sections. */
export const SECTIONS: readonly Section[] = ['today', 'trade', 'risk', 'govern', 'control'];
