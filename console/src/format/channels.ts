/** The channels in words. */
const names: Record<string, string> = {
  EMAIL: "email",
  SMS: "SMS",
  VOICE: "voice",
  PUSH: "push",
  GCM: "FCM push",
  APNS: "APNs push",
  ADM: "ADM push",
  BAIDU: "Baidu push",
  CUSTOM: "custom channel",
};

/** `EMAIL` → `email`, in the middle of a sentence. */
export function channelName(channel: string): string {
  return names[channel] ?? channel;
}
