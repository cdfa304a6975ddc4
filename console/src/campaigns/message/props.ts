import type { Content, Transport } from "../content";

/** What every editor of a treatment's content is given. */
export interface MessageProps {
  app: string;
  content: Content;
  transport: Transport;
  problem?: string;
  onChange: (content: Content) => void;
}
