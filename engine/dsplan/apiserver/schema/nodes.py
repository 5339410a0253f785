"""Fields of Nodes; the notation is `schema._field`'s."""

NODES = """
Node:
  apiVersion:string kind:string metadata:ObjectMeta spec:NodeSpec status:NodeStatus

NodeSpec:
  podCIDR:string podCIDRs:[]string providerID:string unschedulable:bool taints:[]Taint
  configSource~:*NodeConfigSource externalID:string

Taint:
  key!:string value:string effect!:string timeAdded:*time

NodeConfigSource:
  configMap:*ConfigMapNodeConfigSource

ConfigMapNodeConfigSource:
  namespace!:string name!:string uid:string resourceVersion:string kubeletConfigKey!:string

NodeStatus:
  capacity:{}quantity allocatable:{}quantity phase:string conditions:[]NodeCondition addresses:[]NodeAddress
  daemonEndpoints:NodeDaemonEndpoints nodeInfo:NodeSystemInfo images:[]ContainerImage volumesInUse:[]string
  volumesAttached:[]AttachedVolume config~:*NodeConfigStatus runtimeHandlers:[]NodeRuntimeHandler
  features:*NodeFeatures declaredFeatures:[]string

NodeCondition:
  type!:string status!:string lastHeartbeatTime!:time lastTransitionTime!:time reason:string message:string

NodeAddress:
  type!:string address!:string

NodeDaemonEndpoints:
  kubeletEndpoint:DaemonEndpoint

DaemonEndpoint:
  Port!:int32

NodeSystemInfo:
  machineID!:string systemUUID!:string bootID!:string kernelVersion!:string osImage!:string
  containerRuntimeVersion!:string kubeletVersion!:string kubeProxyVersion!:string operatingSystem!:string
  architecture!:string swap:*NodeSwapStatus

NodeSwapStatus:
  capacity:*int64

ContainerImage:
  names:[]string sizeBytes:int64

AttachedVolume:
  name!:string devicePath!:string

NodeConfigStatus:
  assigned:*NodeConfigSource active:*NodeConfigSource lastKnownGood:*NodeConfigSource error:string

NodeRuntimeHandler:
  name!:string features:*NodeRuntimeHandlerFeatures

NodeRuntimeHandlerFeatures:
  recursiveReadOnlyMounts:*bool userNamespaces:*bool

NodeFeatures:
  supplementalGroupsPolicy:*bool
"""
