/** The channels in words. */
const names: Record<string, string> = {
  EMAIL: "email",
  SMS: "SMS",
  VOICE: "voice",
  PUSH: "push",
  GCM: "FCM push",
  APNS: "APNs push",
  APNS_SANDBOX: "APNs sandbox push",
  APNS_VOIP: "APNs VoIP push",
  APNS_VOIP_SANDBOX: "APNs VoIP sandbox push",
  ADM: "ADM push",
  BAIDU: "Baidu push",
  CUSTOM: "custom channel",
};

/** `EMAIL` → `email`, in the middle of a sentence. */
export function channelName(channel: string): string {
  return names[channel] ?? channel;
}

/** `EMAIL` → `Email`, where it stands alone. */
export function channelTitle(channel: string): string {
  const name = channelName(channel);
  return name.charAt(0).toUpperCase() + name.slice(1);
}
