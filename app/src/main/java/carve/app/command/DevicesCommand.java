package carve.app.command;

import carve.api.device.Availability.Available;
import carve.api.device.Availability.Unavailable;
import carve.app.terminal.Table;
import carve.app.work.DeviceChoice;
import carve.app.work.Workshop;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve devices}. */
final class DevicesCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "devices",
                        "Show the devices, which of them is taken, and why others cannot be used here.")
                .example("carve devices")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) {
        DeviceChoice choice = workshop.devices();
        boolean auto = choice.wanted().equals(DeviceChoice.AUTO);
        if (!auto) {
            choice.devices().provider(choice.wanted());
        }
        Optional<String> chosen = choice.chosen();
        Table table = new Table("DEVICE", "STATE", "RANK", "");
        for (DeviceChoice.Probed device : choice.probe()) {
            boolean taken = chosen.filter(device.name()::equals).isPresent();
            String state = taken ? auto ? "taken (highest rank)" : "taken (asked for)" : "available";
            switch (device.availability()) {
                case Available(int rank, String description) -> table.row(device.name(), state, rank, description);
                case Unavailable(String reason) -> table.row(device.name(), "not available", "-", reason);
            }
        }
        table.print(workshop.terminal());
        if (chosen.isEmpty()) {
            choice.requireAvailable();
        }
        return 0;
    }
}
