package carve.api.tensor;

import carve.api.device.Buffer;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Set;

/** The open scopes of a device, innermost first, and the buffers that each of them owns; see {@link Scope}. */
public final class ScopeStack {
    /** The buffers of one scope. */
    static final class Frame {
        private final Set<Buffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
    }

    private final Deque<Frame> frames = new ArrayDeque<>();
    private long owned;
    private long peak;

    /** Makes a stack with one scope, which is open as long as the device. */
    ScopeStack() {
        frames.push(new Frame());
    }

    /** Releases the buffers of all scopes; for the {@code close} of a device. */
    public void closeAll() {
        frames.forEach(frame -> frame.buffers.forEach(Buffer::close));
        frames.clear();
        frames.push(new Frame());
    }

    /** Returns the number of buffers that open scopes own. */
    public int liveBuffers() {
        return frames.stream().mapToInt(frame -> frame.buffers.size()).sum();
    }

    /** Returns the most bytes that open scopes have owned at one time; buffers taken out by {@link Scope#keep} do not count. */
    public long peakBytes() {
        return peak;
    }

    Frame open() {
        Frame frame = new Frame();
        frames.push(frame);
        return frame;
    }

    void register(Buffer buffer) {
        frames.element().buffers.add(buffer);
        owned += buffer.bytes();
        peak = Math.max(peak, owned);
    }

    void keep(Buffer buffer) {
        for (Frame frame : frames) {
            owned -= frame.buffers.remove(buffer) ? buffer.bytes() : 0;
        }
    }

    void close(Frame frame, Set<Buffer> kept) {
        if (frames.pop() != frame) {
            throw new IllegalStateException("scopes are closed in another order than they were opened");
        }
        Frame outer = frames.element();
        for (Buffer buffer : frame.buffers) {
            if (kept.contains(buffer)) {
                outer.buffers.add(buffer);
            } else {
                owned -= buffer.bytes();
                buffer.close();
            }
        }
    }
}
