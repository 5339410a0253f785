"""Fields of object metadata, DaemonSets, ControllerRevisions and PriorityClasses; the notation is `schema._field`'s."""

WORKLOADS = """
ObjectMeta:
  name:string generateName:string namespace:string selfLink:string uid:string resourceVersion:string
  generation:int64 creationTimestamp:time deletionTimestamp:*time deletionGracePeriodSeconds:*int64
  labels:{}string annotations:{}string ownerReferences:[]OwnerReference finalizers:[]string
  managedFields:[]ManagedFieldsEntry

OwnerReference:
  apiVersion!:string kind!:string name!:string uid!:string controller:*bool blockOwnerDeletion:*bool

ManagedFieldsEntry:
  manager:string operation:string apiVersion:string time:*time fieldsType:string fieldsV1:*raw subresource:string

LabelSelector:
  matchLabels:{}string matchExpressions:[]LabelSelectorRequirement

LabelSelectorRequirement:
  key!:string operator!:string values:[]string

DaemonSet:
  apiVersion:string kind:string metadata:ObjectMeta spec:DaemonSetSpec status:DaemonSetStatus

DaemonSetSpec:
  selector!:*LabelSelector template!:PodTemplateSpec updateStrategy:DaemonSetUpdateStrategy
  minReadySeconds:int32 revisionHistoryLimit:*int32

DaemonSetUpdateStrategy:
  type:string rollingUpdate:*RollingUpdateDaemonSet

RollingUpdateDaemonSet:
  maxUnavailable:*intOrString maxSurge:*intOrString

DaemonSetStatus:
  currentNumberScheduled!:int32 numberMisscheduled!:int32 desiredNumberScheduled!:int32 numberReady!:int32
  observedGeneration:int64 updatedNumberScheduled:int32 numberAvailable:int32 numberUnavailable:int32
  collisionCount:*int32 conditions:[]DaemonSetCondition

DaemonSetCondition:
  type!:string status!:string lastTransitionTime!:time reason:string message:string

ControllerRevision:
  apiVersion:string kind:string metadata:ObjectMeta data:raw revision!:int64

PriorityClass:
  apiVersion:string kind:string metadata:ObjectMeta value!:int32 globalDefault:bool description:string
  preemptionPolicy:*string
"""
