import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { useBlocker } from "@tanstack/react-router";

/** Asks before a page with unsaved work is left, by a link or by the browser. */
export function LeaveGuard({ active }: { active: boolean }) {
  const blocker = useBlocker({ shouldBlockFn: () => active, enableBeforeUnload: () => active, withResolver: true });
  if (blocker.status !== "blocked") return null;
  return (
    <Dialog open modalType="alert">
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Leave without saving?</DialogTitle>
          <DialogContent>What you changed in this policy is lost.</DialogContent>
          <DialogActions>
            <Button onClick={blocker.reset}>Stay</Button>
            <Button appearance="primary" onClick={blocker.proceed}>
              Leave
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
