"""Traffic control: `tc`, for what a link sends, and for what comes in by it."""
