namespace Dure.Mqtt.Server.Sessions;

/// <summary>Messages sent and not acknowledged, found by packet identifier without a hash table: an identifier's low bits are its place, and identifiers whose place is taken are passed over.</summary>
internal sealed class InFlightWindow
{
    private const int SmallestSize = 16;

    private Outgoing[] slots = [];
    private HashSet<ushort>? reserved;
    private ushort lastId;

    public int Count { get; private set; }

    /// <summary>Keeps an identifier for a message that has it from before a restart and is still to be put.</summary>
    public void Reserve(ushort packetId) => (reserved ??= []).Add(packetId);

    /// <summary>An identifier that is not in use.</summary>
    public ushort NextId()
    {
        Grow();
        do
        {
            lastId++;
        }
        while (lastId == 0 || slots[lastId & (slots.Length - 1)].PacketId != 0 || reserved is not null && reserved.Contains(lastId));
        return lastId;
    }

    public ref Outgoing Put(in Outgoing outgoing)
    {
        Grow();
        while (slots[outgoing.PacketId & (slots.Length - 1)].PacketId != 0)
            Resize(slots.Length * 2); // identifiers kept from an earlier connection may share a place
        ref var slot = ref slots[outgoing.PacketId & (slots.Length - 1)];
        slot = outgoing;
        Count++;
        if (reserved is not null && reserved.Remove(outgoing.PacketId) && reserved.Count == 0)
            reserved = null;
        return ref slot;
    }

    public bool Contains(ushort packetId) => slots.Length > 0 && slots[packetId & (slots.Length - 1)].PacketId == packetId;

    /// <summary>The message with an identifier that <see cref="Contains"/> knows.</summary>
    public ref Outgoing this[ushort packetId] => ref slots[packetId & (slots.Length - 1)];

    public void Remove(ushort packetId)
    {
        slots[packetId & (slots.Length - 1)] = default;
        Count--;
    }

    /// <summary>Takes everything out, in the order of the messages, and gives the memory back.</summary>
    public Outgoing[] TakeAll()
    {
        var all = slots.Where(slot => slot.PacketId != 0).OrderBy(slot => slot.Sequence).ToArray();
        (slots, Count) = ([], 0);
        return all;
    }

    public IEnumerable<Outgoing> All() => slots.Where(slot => slot.PacketId != 0).OrderBy(slot => slot.Sequence);

    private void Grow()
    {
        if (Count * 2 >= slots.Length)
            Resize(Math.Max(SmallestSize, slots.Length * 2));
    }

    private void Resize(int size)
    {
        if (size > 65_536)
            return;
        var old = slots;
        slots = new Outgoing[size];
        foreach (var slot in old)
        {
            if (slot.PacketId != 0)
                slots[slot.PacketId & (size - 1)] = slot;
        }
    }
}
