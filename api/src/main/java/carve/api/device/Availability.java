package carve.api.device;

/** The result of probing for a device. */
public sealed interface Availability {
    /**
     * The device can be opened.
     *
     * @param priority how well it is to be preferred; {@code auto} takes the highest. The reference device has 0, CPUs about
     *     100, accelerators 1000 and more
     * @param description what it is, for people: model, memory, library versions
     */
    record Available(int priority, String description) implements Availability {}

    /**
     * The device cannot be opened here.
     *
     * @param reason why, and what would help
     */
    record Unavailable(String reason) implements Availability {}
}
