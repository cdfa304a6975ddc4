import { useQueryClient } from "@tanstack/react-query";
import { pinpoint } from "../api/client";
import type { SegmentResponse } from "../generated/wire";
import { useConfirm } from "../shell/confirm";
import { useFlash } from "../shell/flash";

/** Asks, then deletes a segment; true once it is gone. */
export function useDeleteSegment(app: string): (segment: SegmentResponse) => Promise<boolean> {
  const client = useQueryClient();
  const confirm = useConfirm();
  const flash = useFlash();
  return async (segment) => {
    const name = segment.Name ?? segment.Id;
    const agreed = await confirm({
      header: `Delete ${name}?`,
      body: "All versions are deleted. Campaigns that still use the segment will not run. The people themselves stay.",
      action: "Delete",
    });
    if (!agreed) return false;
    try {
      await pinpoint("DeleteSegment", { path: { "application-id": app, "segment-id": segment.Id } });
      flash.success(`Segment ${name} was deleted.`, { onward: true });
    } catch (error) {
      flash.error("The segment was not deleted", error);
      return false;
    }
    await client.invalidateQueries({ queryKey: ["segments", app] });
    return true;
  };
}
