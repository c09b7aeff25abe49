using Dure.Mqtt.Server.Sessions;
using Xunit;

namespace Dure.Tests.Mqtt;

public sealed class InFlightWindowTests
{
    [Fact]
    public void An_identifier_kept_from_before_a_restart_is_given_to_no_other_message()
    {
        var window = new InFlightWindow();
        window.Reserve(2);
        window.Reserve(5);
        Assert.Equal([1, 3, 4, 6], Enumerable.Range(0, 4).Select(_ => (int)Put(window, window.NextId())));
        Put(window, 2);
        Put(window, 5);
        Assert.Equal(6, window.Count);
        window.Remove(2);
        var given = new HashSet<ushort>();
        for (var i = 0; i < 2 * ushort.MaxValue; i++)
            given.Add(window.NextId());
        Assert.Contains<ushort>(2, given);
        Assert.DoesNotContain<ushort>(5, given);
    }

    private static ushort Put(InFlightWindow window, ushort packetId) => window.Put(new Outgoing { PacketId = packetId }).PacketId;
}
