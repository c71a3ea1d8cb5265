//! Small vectored writes as plain ones: a head and a short body go out in one `send`.

use std::io::{IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;

/// Up to this many bytes, putting the slices together costs less than `writev` does beside `send`.
const SMALL_BYTES_MAX: usize = 2048;

/// Writes `slices` in order, as `poll_write_vectored` does.
pub fn poll_write_vectored<T: AsyncWrite>(
    io: Pin<&mut T>,
    cx: &mut Context<'_>,
    slices: &[IoSlice<'_>],
) -> Poll<Result<usize>> {
    if let [only] = slices {
        return io.poll_write(cx, only);
    }
    let total: usize = slices.iter().map(|slice| slice.len()).sum();
    if total > SMALL_BYTES_MAX {
        return io.poll_write_vectored(cx, slices);
    }
    let mut gathered = [0; SMALL_BYTES_MAX];
    let mut rest = &mut gathered[..];
    for slice in slices {
        let (here, after) = rest.split_at_mut(slice.len());
        here.copy_from_slice(slice);
        rest = after;
    }
    io.poll_write(cx, &gathered[..total])
}
