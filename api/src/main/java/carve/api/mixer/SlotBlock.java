package carve.api.mixer;

import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The fixed-size tensors of sequences that lie side by side, one slot for each along the leading axis, in their storage types.
 * It owns their memory, which is released with the last sequence that has a slot in it.
 */
final class SlotBlock {
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private final int slots;
    private final long slotBytes;
    private int users;

    /** Takes the memory of tensors {@code (slots, ...)} out of its scope. */
    SlotBlock(int slots, Map<String, Tensor> tensors) {
        this.slots = slots;
        this.users = slots;
        long bytes = 0;
        for (Map.Entry<String, Tensor> entry : tensors.entrySet()) { // for each layer at each token
            this.tensors.put(entry.getKey(), Scope.keep(entry.getValue()));
            bytes += entry.getValue().type().bytes();
        }
        this.slotBytes = bytes / slots;
    }

    /** Returns {@code (count, ...)}, the slots of a tensor from one on; a copy unless these are all. */
    Tensor rows(String name, int from, int count) {
        Tensor all = tensors.get(name);
        return count == slots ? all : all.slice(0, from, from + count);
    }

    /** Returns whether a tensor is one of this block's. */
    boolean owns(Tensor tensor) {
        for (Tensor own : tensors.values()) {
            if (own.buffer() == tensor.buffer()) {
                return true;
            }
        }
        return false;
    }

    /** Returns the bytes of one slot. */
    long slotBytes() {
        return slotBytes;
    }

    /** Gives up slots. */
    void release(int count) {
        users -= count;
        if (users == 0) {
            tensors.values().forEach(tensor -> tensor.buffer().close());
        }
    }

    /** Returns a copy of a tensor with memory of its own. */
    static Tensor copy(Tensor tensor) {
        Tensor result = Tensor.allocate(tensor.device(), tensor.type());
        if (tensor.shape().rank() > 0 && tensor.shape().size() > 0) {
            tensor.device().store(tensor.detach(), result, 0, 0);
        }
        return result;
    }
}
