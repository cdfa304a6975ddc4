/** Asks before something is lost: `await confirm({...})` is true once the reader agreed. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { createContext, useCallback, useContext, useState } from "react";
import type { ReactNode } from "react";

export interface Question {
  header: string;
  body: ReactNode;
  /** The label of the button that agrees. */
  action: string;
  /** A text that must be typed before the button works. */
  typed?: string;
}

type Confirm = (question: Question) => Promise<boolean>;

const ConfirmContext = createContext<Confirm | undefined>(undefined);

export function useConfirm(): Confirm {
  const confirm = useContext(ConfirmContext);
  if (confirm === undefined) throw new Error("useConfirm outside ConfirmProvider");
  return confirm;
}

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<{ question: Question; answer: (agreed: boolean) => void }>();
  const [typed, setTyped] = useState("");
  const confirm = useCallback<Confirm>((question) => {
    setTyped("");
    return new Promise((resolve) => setAsked({ question, answer: resolve }));
  }, []);
  const close = (agreed: boolean) => {
    asked?.answer(agreed);
    setAsked(undefined);
  };
  const question = asked?.question;
  const blocked = question?.typed !== undefined && question.typed !== typed;
  return (
    <ConfirmContext.Provider value={confirm}>
      {children}
      {question !== undefined && (
        <Modal
          visible
          header={question.header}
          closeAriaLabel="Close"
          onDismiss={() => close(false)}
          footer={
            <Box float="right">
              <SpaceBetween direction="horizontal" size="xs">
                <Button variant="link" onClick={() => close(false)}>
                  Cancel
                </Button>
                <Button variant="primary" disabled={blocked} onClick={() => close(true)}>
                  {question.action}
                </Button>
              </SpaceBetween>
            </Box>
          }
        >
          <SpaceBetween size="m">
            <Alert type="warning">{question.body}</Alert>
            {question.typed !== undefined && (
              <FormField label={`To confirm, type ${question.typed}`}>
                <Input
                  value={typed}
                  onChange={({ detail }) => setTyped(detail.value)}
                  onKeyDown={({ detail }) => {
                    if (detail.key === "Enter" && !blocked) close(true);
                  }}
                  placeholder={question.typed}
                  autoFocus
                />
              </FormField>
            )}
          </SpaceBetween>
        </Modal>
      )}
    </ConfirmContext.Provider>
  );
}
