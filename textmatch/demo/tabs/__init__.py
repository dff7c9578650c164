"""The tabs of the page: layout and events. What happens in an event is in `handlers/`."""
