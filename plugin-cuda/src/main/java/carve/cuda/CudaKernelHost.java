package carve.cuda;

import carve.api.device.CudaGrid;
import carve.api.device.CudaSource;
import carve.api.device.CudaTarget;
import carve.api.device.Device;
import carve.cuda.gpu.GpuStream;
import carve.cuda.gpu.KernelLaunch;
import carve.cuda.gpu.KernelSource;

/**
 * The device as plugins' own kernels see it: their sources go the way of ours.
 *
 * @param device that holds the tensors
 * @param gpuStream that launches run on
 */
record CudaKernelHost(Device device, GpuStream gpuStream) implements CudaTarget {
    @Override
    public void launch(CudaSource source, String function, CudaGrid grid, Object... arguments) {
        // no name of ours, under which there may be something prebuilt
        var foreign = new KernelSource("plugin-" + source.name(), source.text(), source.options());
        gpuStream.launch(foreign, function, new KernelLaunch.Grid(grid.x(), grid.y(), grid.z()), arguments);
    }
}
