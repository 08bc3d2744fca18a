package carve.cuda;

import carve.api.device.Availability;

/** Says what card there is, or why there is none: for {@code bench/gpu.sh}. */
final class GpuProbe {
    private GpuProbe() {}

    public static void main(String[] arguments) {
        Availability found = new CudaDeviceProvider().probe();
        switch (found) {
            case Availability.Available(int rank, String description) -> System.out.println(description);
            case Availability.Unavailable(String reason) -> {
                System.out.println(reason);
                System.exit(1);
            }
        }
    }
}
