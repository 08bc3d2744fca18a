package carve.cpu.experts;

import carve.api.device.DeviceException;
import carve.cpu.memory.NativeMemory;

/**
 * The products of a grouped linear layer, sorted by expert; those of one expert are in the order of rows.
 *
 * @param products product numbers, {@code row * K + choice}, sorted by expert
 * @param starts the first place in {@code products} of each expert, and the end as the last element
 */
record ExpertGroups(int[] products, int[] starts) {
    /**
     * Returns the groups of chosen experts.
     *
     * @param chosen the address of the I32 numbers of experts
     * @param count the number of products
     * @param experts the number of experts
     * @throws DeviceException if a number is not that of an expert
     */
    static ExpertGroups of(long chosen, int count, int experts) {
        int[] starts = new int[experts + 1];
        for (int i = 0; i < count; i++) {
            starts[require(NativeMemory.getInt(chosen + 4L * i), experts) + 1]++;
        }
        for (int e = 0; e < experts; e++) {
            starts[e + 1] += starts[e];
        }
        int[] next = starts.clone();
        int[] products = new int[count];
        for (int i = 0; i < count; i++) {
            products[next[NativeMemory.getInt(chosen + 4L * i)]++] = i;
        }
        return new ExpertGroups(products, starts);
    }

    private static int require(int expert, int experts) {
        if (expert < 0 || expert >= experts) {
            throw new DeviceException("grouped-linear: there is no expert %d, only %d".formatted(expert, experts));
        }
        return expert;
    }

    /** Returns the number of experts. */
    int experts() {
        return starts.length - 1;
    }

    /** Returns the number of products of an expert. */
    int size(int expert) {
        return starts[expert + 1] - starts[expert];
    }

    /** Returns the number of products of the expert that has most. */
    int greatestSize() {
        int greatest = 0;
        for (int e = 0; e < experts(); e++) {
            greatest = Math.max(greatest, size(e));
        }
        return greatest;
    }

    /** Returns the number of the i-th product of an expert. */
    int product(int expert, int i) {
        return products[starts[expert] + i];
    }
}
