/** Tells people of purchases that still wait at half of their time; runs by schedule. */
export const APPROVAL_REMINDER = 'approvalReminder';

export interface ApprovalReminderActivities {
  remindOfWaiting(): Promise<{ readonly reminded: number }>;
}
