"""One pure translator a file, found by presence: what `services.live_api.channel.Kind` asks for."""
