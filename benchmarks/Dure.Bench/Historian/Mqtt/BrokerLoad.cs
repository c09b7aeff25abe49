using Dure.Bench.Historian.Peers;

namespace Dure.Bench.Historian.Mqtt;

/// <summary>All of a broker's measurements, in the same order for every broker.</summary>
internal static class BrokerLoad
{
    public const int Window = 1000;
    private const int PingPongShare = 20;
    private const int AcknowledgedShare = 4;

    /// <param name="beforeAcknowledged">Done before the acknowledged messages: what the broker needs to keep them.</param>
    public static BrokerFigures Measured(MqttTarget target, Scale scale, int messages, Action beforeAcknowledged)
    {
        var pingPong = Runs(scale, _ => MqttLoad.PingPong(target, scale.SlowMessages / PingPongShare));
        var lost = 0L;
        var fanIn = Runs(scale, run =>
        {
            var (perSecond, missing) = MqttLoad.FanIn(target, messages, run * messages);
            lost += missing;
            return perSecond;
        });
        beforeAcknowledged();
        var acknowledged = Runs(scale, run => MqttLoad.Acknowledged(target, messages / AcknowledgedShare, Window, hasSubscriber: true, (scale.Runs + run) * messages));
        return new BrokerFigures(target.Name) { FanIn = fanIn, Lost = lost, Acknowledged = acknowledged, PingPong = pingPong };
    }

    private static double Runs(Scale scale, Func<int, double> measure) => Report.Median(Enumerable.Range(0, scale.Runs).Select(measure).ToArray());
}
