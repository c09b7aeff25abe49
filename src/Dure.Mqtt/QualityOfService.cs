namespace Dure.Mqtt;

/// <summary>How surely a message arrives: at most once, at least once, exactly once.</summary>
public enum QualityOfService : byte
{
    AtMostOnce = 0,
    AtLeastOnce = 1,
    ExactlyOnce = 2,
}
