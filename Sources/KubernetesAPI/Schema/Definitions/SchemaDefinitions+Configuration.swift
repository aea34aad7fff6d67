extension SchemaDefinitions {
    /// Namespace, Secret, ConfigMap and Event.
    static let configuration = """
        package io.k8s.api.core.v1
        kind Namespace: A scope for names.
          spec NamespaceSpec: What must be done before the namespace may go.
          status NamespaceStatus: Whether the namespace is in use or going.
        type NamespaceSpec: What must be done before a namespace may go.
          finalizers [string]: Who must still clean up.
        type NamespaceStatus: Whether a namespace is in use or going.
          conditions [NamespaceCondition] map(type) merge: What holds up its deletion.
          phase string: Active or Terminating.
        type NamespaceCondition: Something that holds of a namespace.
          lastTransitionTime Time: When the status last changed.
          message string: Details for people.
          reason string: A single word for programs.
          status! string: True, False or Unknown.
          type! string: What the condition is about.
        kind Secret: Passwords, keys and the like, for drivers and Pods.
          data {bytes}: The values in Base64, by key.
          immutable bool: Whether the values can no longer be changed.
          stringData {string}: Values as plain text; they go into data and are never read back.
          type string: What the Secret is for, such as Opaque.
        kind ConfigMap: Settings for Pods.
          binaryData {bytes}: Values that are no text, in Base64, by key.
          data {string}: Values that are text, by key.
          immutable bool: Whether the values can no longer be changed.
        kind Event metadata!: Something that happened to an object.
          action string: What was done.
          count int32: How often it happened.
          eventTime MicroTime: When it happened first.
          firstTimestamp Time: When it happened first.
          involvedObject! ObjectReference: The object that it happened to.
          lastTimestamp Time: When it happened last.
          message string: What happened, for people.
          reason string: A single word for what happened.
          related ObjectReference: A second object that has to do with it.
          reportingComponent string: The controller that says so.
          reportingInstance string: Which instance of the controller.
          series EventSeries: How it went on.
          source EventSource: Who says so.
          type string: Normal or Warning.
        type EventSeries: Several events of the same kind.
          count int32: How many.
          lastObservedTime MicroTime: When the last was seen.
        type EventSource: Who reports an event.
          component string: The component.
          host string: The node that it runs on.
        """
}
