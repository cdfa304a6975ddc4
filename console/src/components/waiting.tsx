/** What stands in place of content that is on its way or did not come. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Spinner from "@cloudscape-design/components/spinner";
import { errorText } from "../shell/flash";

export function Loading({ label = "Loading" }: { label?: string }) {
  return (
    <Box textAlign="center" padding="xxl" color="text-body-secondary">
      <Spinner size="large" />
      <Box variant="p">{label}</Box>
    </Box>
  );
}

export function LoadError({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <Alert
      type="error"
      header="This could not be loaded"
      action={retry === undefined ? undefined : <Button onClick={retry}>Try again</Button>}
    >
      {errorText(error)}
    </Alert>
  );
}
