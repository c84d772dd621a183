/**
 * The target did not take the alert this time. Its message is a short code such as `HTTP_503`, and
 * never what the target said: that may repeat an address.
 */
export class AlertNotTaken extends Error {
  override readonly name = 'AlertNotTaken';
}
