package carve.cuda;

import carve.api.device.CudaGrid;
import carve.api.device.CudaSource;
import carve.api.device.CudaTarget;
import carve.api.device.Device;
import carve.cuda.gpu.KernelLaunch;
import carve.cuda.gpu.KernelSource;
import carve.cuda.kernels.GpuKernelTarget;
import carve.cuda.kernels.KernelContext;

/**
 * The device as kernels see it. Those of plugins see a {@link CudaTarget}, whose sources are compiled, kept and launched as
 * the device's own; built-in ones take the context.
 *
 * @param context the stream, the properties and the products that built-in kernels share
 */
record CudaKernelTarget(KernelContext context) implements CudaTarget, GpuKernelTarget {
    @Override
    public Device device() {
        return context.device();
    }

    @Override
    public void launch(CudaSource source, String function, CudaGrid grid, Object... arguments) {
        // another name than any of the built-in sources has, which may be prebuilt
        var own = new KernelSource("plugin-" + source.name(), source.text(), source.options());
        context.gpuStream().launch(own, function, new KernelLaunch.Grid(grid.x(), grid.y(), grid.z()), arguments);
    }
}
