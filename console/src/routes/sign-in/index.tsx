/** The sign-in screen. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import type { SubmitEvent } from "react";
import { ApiError, beckon } from "../../api/client";
import type { Session } from "../../api/beckon";
import { errorText } from "../../shell/flash";
import "./sign-in.css";

export function SignIn({ onSignedIn }: { onSignedIn: (session: Session) => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  const submit = async () => {
    setBusy(true);
    setError(undefined);
    try {
      onSignedIn(await beckon<Session>("/session", { method: "POST", body: { name, password } }));
    } catch (failure) {
      const wrong = failure instanceof ApiError && failure.status === 403;
      setError(wrong ? "Name and password do not match an account." : errorText(failure));
      setBusy(false);
    }
  };

  return (
    <main className="sign-in">
      <div className="sign-in-panel">
        <SpaceBetween size="l">
          <Box textAlign="center">
            <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" width={56} height={56} />
            <Box variant="h1" padding={{ top: "xs" }}>
              Beckon
            </Box>
            <Box color="text-body-secondary">Reach your customers, exactly once.</Box>
          </Box>
          <form
            onSubmit={(event: SubmitEvent) => {
              event.preventDefault();
              void submit();
            }}
          >
            <Container header={<Header variant="h2">Sign in</Header>}>
              <Form
                actions={
                  <Button variant="primary" formAction="submit" loading={busy} disabled={name === "" || password === ""}>
                    Sign in
                  </Button>
                }
              >
                <SpaceBetween size="m">
                  {error !== undefined && <Alert type="error">{error}</Alert>}
                  <FormField label="Name">
                    <Input
                      name="username"
                      autoComplete="username"
                      autoFocus
                      value={name}
                      onChange={({ detail }) => setName(detail.value)}
                    />
                  </FormField>
                  <FormField label="Password">
                    <Input
                      name="password"
                      type="password"
                      autoComplete="current-password"
                      value={password}
                      onChange={({ detail }) => setPassword(detail.value)}
                    />
                  </FormField>
                </SpaceBetween>
              </Form>
            </Container>
          </form>
        </SpaceBetween>
      </div>
    </main>
  );
}
