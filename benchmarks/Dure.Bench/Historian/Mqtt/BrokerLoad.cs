using Dure.Bench.Historian.Peers;

namespace Dure.Bench.Historian.Mqtt;

/// <summary>All of a broker's measurements, in the same order for every broker.</summary>
internal static class BrokerLoad
{
    public const int Window = 1000;
    private const int PingPongShare = 20;

    public static BrokerFigures Measured(MqttTarget target, Scale scale, int messages)
    {
        var fanIn = Enumerable.Range(0, scale.Runs).Select(_ => MqttLoad.FanIn(target, messages)).ToArray();
        var acknowledged = Enumerable.Range(0, scale.Runs).Select(run => MqttLoad.Acknowledged(target, messages / 4, Window, hasSubscriber: true, run * messages)).ToArray();
        var pingPong = Enumerable.Range(0, scale.Runs).Select(_ => MqttLoad.PingPong(target, scale.SlowMessages / PingPongShare)).ToArray();
        return new BrokerFigures(target.Name)
        {
            FanIn = Report.Median(fanIn.Select(run => run.PerSecond)), Lost = fanIn.Sum(run => run.Lost), Acknowledged = Report.Median(acknowledged), PingPong = Report.Median(pingPong),
        };
    }
}
