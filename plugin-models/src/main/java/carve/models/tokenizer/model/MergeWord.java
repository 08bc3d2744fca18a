package carve.models.tokenizer.model;

import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;

/** The merging of a word's symbols: always the pair of the best rank, of equal ones the leftmost. */
final class MergeWord {
    /** Longer words have their pairs in a queue: n log n steps, where looking at all pairs each time takes n squared. */
    private static final int SHORT = 48;

    private final MergeTable merges;
    private final int[] symbols;
    private final WorkBudget budget;

    MergeWord(MergeTable merges, int[] symbols, WorkBudget budget) {
        this.merges = merges;
        this.symbols = symbols;
        this.budget = budget;
    }

    void merge(IdBuffer ids) {
        if (symbols.length <= SHORT) {
            mergeShort(ids);
        } else {
            mergeLong(ids);
        }
    }

    private void mergeShort(IdBuffer ids) {
        int count = symbols.length;
        int[] slots = new int[count];
        for (int i = 0; i + 1 < count; i++) {
            slots[i] = merges.find(symbols[i], symbols[i + 1]);
        }
        while (count > 1) {
            int best = -1;
            for (int i = 0; i + 1 < count; i++) {
                if (slots[i] >= 0 && (best < 0 || merges.rank(slots[i]) < merges.rank(slots[best]))) {
                    best = i;
                }
            }
            budget.spend(count);
            if (best < 0) {
                break;
            }
            symbols[best] = merges.result(slots[best]);
            count--;
            System.arraycopy(symbols, best + 2, symbols, best + 1, count - best - 1);
            System.arraycopy(slots, best + 2, slots, best + 1, count - best - 1);
            if (best > 0) {
                slots[best - 1] = merges.find(symbols[best - 1], symbols[best]);
            }
            if (best + 1 < count) {
                slots[best] = merges.find(symbols[best], symbols[best + 1]);
            }
        }
        for (int i = 0; i < count; i++) {
            ids.add(symbols[i]);
        }
    }

    private void mergeLong(IdBuffer ids) {
        SymbolList list = new SymbolList(symbols.length);
        LongHeap queue = new LongHeap(symbols.length);
        for (int i = 0; i + 1 < symbols.length; i++) {
            offer(queue, i, i + 1);
        }
        while (!queue.isEmpty()) {
            long top = queue.remove();
            int at = (int) top;
            int next = list.next(at);
            budget.spend(4);
            if (next < 0) {
                continue;
            }
            int slot = merges.find(symbols[at], symbols[next]);
            if (slot < 0 || merges.rank(slot) != (int) (top >>> 32)) {
                continue; // the pair is another one by now
            }
            symbols[at] = merges.result(slot);
            list.remove(next);
            int previous = list.previous(at);
            if (previous >= 0) {
                offer(queue, previous, at);
            }
            int after = list.next(at);
            if (after >= 0) {
                offer(queue, at, after);
            }
        }
        for (int i = 0; i >= 0; i = list.next(i)) {
            ids.add(symbols[i]);
        }
    }

    private void offer(LongHeap queue, int left, int right) {
        int slot = merges.find(symbols[left], symbols[right]);
        if (slot >= 0) {
            queue.add((long) merges.rank(slot) << 32 | left);
        }
    }
}
